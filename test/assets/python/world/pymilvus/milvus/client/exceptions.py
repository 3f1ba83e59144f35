class NotConnectError(ValueError):
    pass
