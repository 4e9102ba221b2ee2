"""The rule book: plain values in, plain values out, each with the clause that decided."""
