"""SHOW: charts and maps of records, in English and Japanese. `dxsim.views.charts.draw_all` draws them all."""
