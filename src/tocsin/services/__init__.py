"""What the exchange does; every rule is asked here."""
