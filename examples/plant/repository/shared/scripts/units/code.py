def celsius(fahrenheit):
	return (fahrenheit - 32) * 5.0 / 9.0
