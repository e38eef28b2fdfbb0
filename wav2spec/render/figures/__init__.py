"""Labelled figures. The one room that knows matplotlib's artists."""
