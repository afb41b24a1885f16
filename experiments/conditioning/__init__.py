"""What is to be expected of the others, given what is known of half of the municipalities."""
