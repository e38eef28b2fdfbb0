"""One function over many items, in processes; knows nothing of wav2spec."""
