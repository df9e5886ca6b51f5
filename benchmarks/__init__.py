"""Measurements of speed and memory on synthetic data, and of the models on real histories."""
