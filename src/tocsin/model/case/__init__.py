"""Case files: one short YAML file that an analyst writes, and the linked STIX 2.1 objects that it says (ADR 0015, docs/cases.md)."""
