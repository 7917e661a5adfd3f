"""The rules behind the answer in words. Each is one: findings in, a sentence or nothing out."""
