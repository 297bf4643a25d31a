"""Which pin of the Raspberry Pi Pico 2 W goes where; the same facts as hardware/pins.csv.

Owns numbers only; a test compares them with the hardware data. Imported by hal.rp2, and by the
simulation for the keypad's layout.
"""

PRINTER_TX, PRINTER_RX, PRINTER_CTS = 0, 1, 2
FRAM_CS = 3
I2C0_SDA, I2C0_SCL = 4, 5
I2C1_SDA, I2C1_SCL = 6, 7
GATEWAY_TX, GATEWAY_RX = 8, 9
DISPLAY_SCK, DISPLAY_MOSI, DISPLAY_MISO = 10, 11, 12
DISPLAY_CS, DISPLAY_DC, DISPLAY_RST = 13, 14, 15
READER_MISO, READER_CS, READER_SCK, READER_MOSI = 16, 17, 18, 19
READER_IRQ, READER_RST = 20, 21
KEYPAD_INT = 22
BUZZER = 26
LID = 27
SUPPLY_SENSE = 28

# Rows of the keypad as its controller scans them.
KEYPAD = ("123B", "456T", "789L", "*0# ")
