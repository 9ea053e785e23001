"""A DNS server on loopback that knows the zone it was given."""

import socketserver
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zone

ORIGIN = "shop.example."
ZONE = """
@ 60 IN SOA ns hostmaster 1 3600 600 86400 60
@ 60 IN NS ns
@ 60 IN MX 10 Mail
@ 60 IN TXT "v=spf1 " "-all"
@ 60 IN CAA 0 issue "letsencrypt.org"
ns 60 IN A 127.0.0.1
www 60 IN A 192.0.2.1
www 60 IN A 192.0.2.2
www 60 IN AAAA 2001:db8::1
_sip._tcp 60 IN SRV 0 5 5060 www
alias 60 IN CNAME www
"""
SILENT = "silent.shop.example."
BROKEN = "broken.shop.example."
LARGE = "large.shop.example."


class NameServer:
    """Serves UDP and TCP between ``__enter__`` and ``__exit__``; ``asked`` counts the questions.

    ``silent`` gets no answer, ``broken`` gets SERVFAIL, and ``large`` has so many records that UDP
    does not hold them.
    """

    def __init__(self):
        self._zone = dns.zone.from_text(ZONE, ORIGIN, relativize=False)
        self.asked = 0
        fake = self

        class Datagram(socketserver.BaseRequestHandler):
            def handle(self):
                data, wire = self.request
                if answer := fake.answer(data, 512):
                    wire.sendto(answer, self.client_address)

        class Stream(socketserver.StreamRequestHandler):
            def handle(self):
                data = self.rfile.read(int.from_bytes(self.rfile.read(2)))
                if answer := fake.answer(data, 65535):
                    self.wfile.write(len(answer).to_bytes(2) + answer)

        self._stream = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Stream)
        self.port = self._stream.server_address[1]
        self._datagram = socketserver.ThreadingUDPServer(("127.0.0.1", self.port), Datagram)

    def __enter__(self):
        for server in (self._stream, self._datagram):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exception):
        for server in (self._stream, self._datagram):
            server.shutdown()
            server.server_close()

    def url(self, name, record_type="A"):
        """Return the address of a question to this server."""
        return f"dns://127.0.0.1:{self.port}/{name}?type={record_type}"

    def answer(self, data, size):
        """Return the answer to a question in no more bytes than ``size``, None if there is none."""
        query = dns.message.from_wire(data)
        [question] = query.question
        self.asked += 1
        name = question.name.to_text()
        response = dns.message.make_response(query)
        if name == SILENT:
            return None
        if name == BROKEN:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif name == LARGE:
            addresses = [f"192.0.2.{number}" for number in range(1, 101)]
            response.answer.append(dns.rrset.from_text(name, 60, "IN", "A", *addresses))
        else:
            self._look_up(question, response)
        wire = response.to_wire(max_size=65535)
        if len(wire) > size:
            response.answer.clear()
            response.flags |= dns.flags.TC
            wire = response.to_wire()
        return wire

    def _look_up(self, question, response):
        node = self._zone.get_node(question.name)
        if node is None:
            response.set_rcode(dns.rcode.NXDOMAIN)
            return
        alias = node.get_rdataset(question.rdclass, dns.rdatatype.CNAME)
        found = node.get_rdataset(question.rdclass, question.rdtype)
        name = question.name
        if alias and not found:
            response.answer.append(dns.rrset.from_rdata_list(name, 60, alias))
            name = alias[0].target
            found = self._zone.get_rdataset(name, question.rdtype)
        if found:
            response.answer.append(dns.rrset.from_rdata_list(name, 60, found))
