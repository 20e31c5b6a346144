"""Every number of every dashboard on a smaller demo: each equals a recount of the raw messages and mentions, and each
opens as many of them as it says. `recount` holds the rules once more, without any of the code that is tested."""
