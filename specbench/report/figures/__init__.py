"""Figures: each is drawn once by matplotlib and saved as SVG for the page and PDF for LaTeX."""
