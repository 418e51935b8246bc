def worst(priorities):
	return max(priorities) if priorities else 0
