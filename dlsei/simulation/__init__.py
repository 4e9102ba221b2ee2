"""Plays the programme's year with a made-up crowd, through the same code, world and edges as replay."""
