namespace Microsoft.ML.Trainers.Torch.Lanes;

/// <summary>Eigenvectors of symmetric matrices, as columns, the largest eigenvalue first.</summary>
internal static class Symmetric
{
    private const int MaximumSweeps = 60;

    /// <summary>Jacobi's method: rotations that each bring one pair of entries to zero, until all are.</summary>
    public static void Eigenvectors(double[] square, double[] basis, int n)
    {
        double[] a = [.. square];
        double[] q = new double[n * n];
        for (int i = 0; i < n; i++) q[i * n + i] = 1;
        for (int sweep = 0; sweep < MaximumSweeps && Rotate(a, q, n); sweep++)
        {
        }
        int[] order = Order(n, i => a[i * n + i]);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) basis[i * n + j] = q[i * n + order[j]];
    }

    /// <summary>One step of orthogonal iteration from the basis, after sorting it; returns the order it was sorted into.</summary>
    public static int[] Renew(double[] square, double[] basis, int n)
    {
        double[] product = new double[n * n];
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++) Matrix.AddScaled(product.AsSpan(i * n, n), square[i * n + k], basis.AsSpan(k * n, n));
        int[] order = Order(n, j =>
        {
            double value = 0;
            for (int i = 0; i < n; i++) value += basis[i * n + j] * product[i * n + j];
            return value;
        });

        // Columns become rows for the orthogonalisation.
        double[] columns = new double[n * n];
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++) columns[j * n + i] = product[i * n + order[j]];
        Orthonormalise(columns, n);
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++) basis[i * n + j] = columns[j * n + i];
        return order;
    }

    private static int[] Order(int n, Func<int, double> value)
    {
        double[] keys = [.. Enumerable.Range(0, n).Select(i => -value(i))];
        return [.. Enumerable.Range(0, n).OrderBy(i => keys[i])];
    }

    private static bool Rotate(double[] a, double[] q, int n)
    {
        double off = 0, all = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                all += a[i * n + j] * a[i * n + j];
                if (i != j) off += a[i * n + j] * a[i * n + j];
            }
        if (off <= 1e-32 * all) return false;
        for (int p = 0; p < n; p++)
            for (int r = p + 1; r < n; r++)
            {
                double apr = a[p * n + r];
                if (apr == 0) continue;
                double theta = (a[r * n + r] - a[p * n + p]) / (2 * apr);
                double t = (theta >= 0 ? 1 : -1) / (Math.Abs(theta) + Math.Sqrt(theta * theta + 1));
                double c = 1 / Math.Sqrt(t * t + 1), s = t * c;
                for (int k = 0; k < n; k++) Turn(ref a[k * n + p], ref a[k * n + r], c, s);
                for (int k = 0; k < n; k++) Turn(ref a[p * n + k], ref a[r * n + k], c, s);
                for (int k = 0; k < n; k++) Turn(ref q[k * n + p], ref q[k * n + r], c, s);
            }
        return true;
    }

    private static void Turn(ref double x, ref double y, double c, double s) => (x, y) = (c * x - s * y, s * x + c * y);

    /// <summary>Gram and Schmidt, twice; a row that depends on the rows before it becomes a unit vector that does not.</summary>
    private static void Orthonormalise(double[] rows, int n)
    {
        for (int i = 0; i < n; i++)
        {
            Span<double> row = rows.AsSpan(i * n, n);
            double before = Math.Sqrt(Matrix.Dot(row, row));
            for (int attempt = 0; !Project(rows, row, i, n, before); attempt++)
            {
                row.Clear();
                row[attempt % n] = 1;
                before = 1;
            }
        }
    }

    private static bool Project(double[] rows, Span<double> row, int i, int n, double before)
    {
        for (int pass = 0; pass < 2; pass++)
            for (int k = 0; k < i; k++) Matrix.AddScaled(row, -Matrix.Dot(row, rows.AsSpan(k * n, n)), rows.AsSpan(k * n, n));
        double norm = Math.Sqrt(Matrix.Dot(row, row));
        if (!(norm > 1e-12 * before)) return false;
        for (int j = 0; j < n; j++) row[j] /= norm;
        return true;
    }
}
