"""External feeds: prices that come from elsewhere, out of files and over TCP, into stores of their own."""
