"""SoX's ``spectrogram`` effect: its frames, windows, transforms and columns."""
