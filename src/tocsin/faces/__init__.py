"""Where the world meets the exchange: thin, each with one table that turns our errors into its own terms."""
