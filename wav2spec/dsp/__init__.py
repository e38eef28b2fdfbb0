"""Samples to spectra, bands and dB. NumPy in, NumPy out."""
