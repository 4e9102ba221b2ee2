"""Plays scenario files through the product's own code, in a scratch database and at the scenario's time."""
