def start(line):
	return 'starting %s' % line
