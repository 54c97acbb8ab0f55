//! What is to be played: from a file to a checked, resolved scenario.
