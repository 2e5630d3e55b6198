"""Server and clients apart: what each client received, showed and sent, and the truth of where they disagreed."""
