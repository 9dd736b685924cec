"""`make demo`: two providers on this machine that stay in step, told in plain words."""
