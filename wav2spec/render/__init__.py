"""From a spectrogram to a picture or its values, and back."""
