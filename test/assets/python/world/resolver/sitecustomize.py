"""Names of the file WORLD_HOSTS, which has lines "name address ..."; "name !" has no answer. Read at each look-up."""
import os
import socket

genuine = socket.getaddrinfo


def addresses(name):
    with open(os.environ['WORLD_HOSTS']) as file:
        for line in file:
            first, *rest = line.split()
            if first == name:
                return rest
    return []


def getaddrinfo(host, port, *args, **kwargs):
    if not isinstance(host, str) or not host.endswith('.world'):
        return genuine(host, port, *args, **kwargs)
    found = addresses(host)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, 'Name or service not known')
    if found == ['!']:
        raise socket.gaierror(socket.EAI_AGAIN, 'Temporary failure in name resolution')
    return [answer for address in found for answer in genuine(address, port, *args, **kwargs)]


socket.getaddrinfo = getaddrinfo
