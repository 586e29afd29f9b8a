"""The objects of ModelMuxer's production."""
