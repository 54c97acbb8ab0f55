//! What happened: versioned format, writer, reader, digest, canonical result.
