"""The ways for mail to come in. Each makes an Arrival, hands it to `receive()`, and tells the verdict its own way."""
