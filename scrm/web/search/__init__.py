"""The search box: what was asked, finding it, and showing why it was found."""
