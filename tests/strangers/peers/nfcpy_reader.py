"""Opens nfcpy's own PN532 driver on any path; its finder knows only names in /dev."""

import nfc
import nfc.clf.pn532
import nfc.clf.transport


def open_reader(link):
    frontend = nfc.ContactlessFrontend()
    frontend.device = nfc.clf.pn532.init(nfc.clf.transport.TTY(link))
    return frontend


def activate(frontend):
    target = frontend.sense(nfc.clf.RemoteTarget("106A"))
    return target, nfc.tag.activate(frontend, target)
