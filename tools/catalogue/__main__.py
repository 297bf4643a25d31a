"""Write firmware/terminal/ui/strings.py."""

from tools.catalogue import SOURCE, TARGET, module_of

if __name__ == "__main__":
    TARGET.write_text(module_of(SOURCE.read_text(encoding="utf-8")), encoding="utf-8")
