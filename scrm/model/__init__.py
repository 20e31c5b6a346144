"""What the hub talks about: frozen structs, no I/O. The words are the glossary's."""
