"""Match files on their way in: uploads and the sample."""
