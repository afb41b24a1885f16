"""SHOW: charts and maps of records, in English and Japanese. `dxsim.views.figures.draw_all` draws them all."""
