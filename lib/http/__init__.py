"""HTTP: clients, authentication, rate limits, SOAP, and failures as sentences."""
