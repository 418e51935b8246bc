def lines():
	return ['line-1', 'line-2']
