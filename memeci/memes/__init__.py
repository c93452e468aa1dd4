"""A record → a picture: templates, themes, layout, fonts. Everything drawn comes from the record."""
