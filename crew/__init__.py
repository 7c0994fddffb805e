"""Who works. Sections, slots, shifts and persons come with contract 004."""
