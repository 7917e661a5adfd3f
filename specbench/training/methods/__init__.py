"""Training methods: how the losses of several tasks become one step of their network."""
