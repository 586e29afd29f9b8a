"""A web shop that is not ModelMuxer: a real service with real servers, for the first steps of a new user."""
