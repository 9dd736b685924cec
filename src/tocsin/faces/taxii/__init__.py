"""The TAXII 2.1 face: medallion as protocol layer, corrected from outside (ADR 0005). The only room that imports medallion."""
