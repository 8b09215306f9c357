/ Historical database: the service has loaded the dataview already, and loads
/ it again when the end of a day has moved it on.
rows:{exec count i by date from trade}
