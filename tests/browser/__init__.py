"""What a user sees: real Chromium, real server, real worker."""
