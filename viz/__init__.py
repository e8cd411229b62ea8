"""The top floor: what people look at. The only floor that may import Solara."""
