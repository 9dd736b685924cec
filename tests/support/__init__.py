"""What tests of several rooms need: a real exchange in a process of its own, a real PostgreSQL, STIX objects to send."""
