"""What the claims are measured on: samplers, second opinions, measurements on networks."""
