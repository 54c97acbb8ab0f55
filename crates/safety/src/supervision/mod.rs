//! Who is restarted, when, and when it is given up: one machine per supervisor.
