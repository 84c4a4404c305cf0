using Microsoft.ML.NeuralNetworks.Layers;
using static Microsoft.ML.Trainers.Torch.Engines.Passes.PassScript;

namespace Microsoft.ML.Trainers.Torch.Engines.Passes;

/// <summary>Writes the layers that give a column of the table a vector of its own. Their tensors have three dimensions: rows, columns, numbers.</summary>
internal sealed class ScriptedEmbeddings(PassScript script)
{
    private static readonly string FullTurn = Number(2 * Math.PI);

    /// <summary>The others as they are, then for each column the row of its table that the code says: 0 for a code that is not known.</summary>
    public (PassRows, WriteBackward) Embed(CategoricalEmbedding layer, PassRows x, bool wanted)
    {
        var parts = new List<string>();
        var rows = new List<string>();
        string? others = layer.Others.Length > 0 ? script.Indices(layer.Others) : null;
        if (others is not null) parts.Add($"{x}.index_select(1, {others})");
        for (int i = 0; i < layer.Columns.Length; i++)
        {
            CategoricalColumn column = layer.Columns[i];
            string code = script.Let($"{x}.select(1, {column.Index})"), known = $"{code}.ge(1).logical_and({code}.lt({column.Categories + 1}))";
            rows.Add(script.Let($"torch.where({known}, {code}, torch.zeros_like({code})).to({Integers})"));
            parts.Add($"{script.Weights(Table(i))}.index_select(0, {rows[i]})");
        }
        PassRows y = script.Buffer(layer.Outputs);
        script.Line($"torch.cat([{string.Join(", ", parts)}], 1, out={y})");
        return (y, g =>
        {
            int first = layer.Others.Length;
            for (int i = 0; i < layer.Columns.Length; first += layer.Columns[i++].Width)
                script.StoreRows(Table(i), rows[i], $"{g}.narrow(1, {first}, {layer.Columns[i].Width})");
            if (!wanted) return null;
            // Nothing flows back through a code.
            PassRows gx = script.Buffer(layer.Inputs);
            script.Line($"{gx}.zero_()");
            if (others is not null) script.Line($"{gx}.index_copy_(1, {others}, {g}.narrow(1, 0, {layer.Others.Length}))");
            script.Free(g);
            return gx;
        });

        string Table(int i) => $"{layer.Name}.tables.{i}";
    }

    /// <summary>max(0, [sin(a), cos(a)] W + b) with the angle a = 2 pi f x.</summary>
    public (PassRows, WriteBackward) Embed(PeriodicEmbedding layer, PassRows x, bool wanted)
    {
        string frequencies = $"{layer.Name}.frequencies", f = script.Weights(frequencies);
        string angle = script.Let($"{x}.unsqueeze(2) * {f} * {FullTurn}"), sine = script.Let($"{angle}.sin()"), cosine = script.Let($"{angle}.cos()");
        string codes = script.Let($"torch.cat([{sine}, {cosine}], 2)"), vectors = script.Let($"{Vectors(layer, codes)}.relu()");
        PassRows y = script.Local($"{vectors}.reshape(rows, {layer.Outputs})", layer.Outputs).Kept;
        return (y, g =>
        {
            string byVectors = script.Let($"{g}.reshape(rows, {layer.InputSize}, {layer.Width}) * {vectors}.gt(0)"), byCodes = Codes(layer, codes, byVectors);
            string byAngle = script.Let($"{byCodes}.narrow(2, 0, {layer.Frequencies}) * {cosine} - {byCodes}.narrow(2, {layer.Frequencies}, {layer.Frequencies}) * {sine}");
            script.StoreSum(frequencies, $"{byAngle} * {x}.unsqueeze(2) * {FullTurn}");
            script.Free(g);
            return wanted ? script.Local($"torch.sum({byAngle} * {f}, [2]) * {FullTurn}", x.Columns) : null;
        });
    }

    /// <summary>
    /// All columns squashed, v = u r with u = (x - center) scale and r = 1 / sqrt(1 + (u / 3)^2), by u: r^3. For the encoded ones the codes cos(2 pi f v + phase)
    /// and, bin by bin, how far x is through it; codes W + b and v itself. Then the others' v.
    /// </summary>
    public (PassRows, WriteBackward) Embed(NumericEmbedding layer, PassRows x, bool wanted)
    {
        int count = layer.Columns.Length, waves = layer.Frequencies, bins = layer.Bins, encoded = count * (layer.Width + 1);
        string frequencies = $"{layer.Name}.frequencies", phases = $"{layer.Name}.phases", columns = script.Indices(layer.Columns), scale = script.Weights($"{layer.Name}.scale");
        string u = script.Let($"({x} - {script.Weights($"{layer.Name}.center")}) * {scale}"), root = script.Let($"(1 + {u} * {u} * {Number(1 / 9.0)}).rsqrt()");
        string scaled = script.Let($"{u} * {root}"), own = script.Let($"{scaled}.index_select(1, {columns})");
        string angle = "", part = "", length = "", used = "";
        var kinds = new List<string>();
        if (waves > 0)
        {
            angle = script.Let($"{own}.unsqueeze(2) * {script.Weights(frequencies)} * {FullTurn} + {script.Weights(phases)}");
            kinds.Add($"{angle}.cos()");
        }
        if (bins > 0)
        {
            string edges = script.Weights($"{layer.Name}.edges"), from = script.Let($"{edges}.narrow(1, 0, {bins})"), whole = script.Let($"{edges}.narrow(1, 1, {bins}) - {from}");
            used = script.Let($"{whole}.gt(0)");
            length = script.Let($"torch.where({used}, {whole}, torch.ones_like({whole}))");
            part = script.Let($"({x}.index_select(1, {columns}).unsqueeze(2) - {from}) / {length}");
            kinds.Add($"{part}.clamp(0, 1) * {used}");
        }
        string codes = script.Let($"torch.cat([{string.Join(", ", kinds)}], 2)");
        string embedded = $"torch.cat([{Vectors(layer, codes)}, {own}.unsqueeze(2)], 2).reshape(rows, {encoded})";
        string? others = layer.Others.Length > 0 ? script.Indices(layer.Others) : null;
        PassRows y = script.Buffer(layer.Outputs);
        script.Line(others is null ? $"{y}.copy_({embedded})" : $"torch.cat([{embedded}, {scaled}.index_select(1, {others})], 1, out={y})");
        return (y, g =>
        {
            string byEncoded = script.Let($"{g}.narrow(1, 0, {encoded}).reshape(rows, {count}, {layer.Width + 1})"), byOwn = script.Let($"{byEncoded}.select(2, {layer.Width})");
            string byCodes = Codes(layer, codes, $"{byEncoded}.narrow(2, 0, {layer.Width})");
            if (waves > 0)
            {
                string byAngle = script.Let($"{byCodes}.narrow(2, 0, {waves}) * {angle}.sin().neg()");
                script.StoreSum(phases, byAngle);
                script.StoreSum(frequencies, $"{byAngle} * {own}.unsqueeze(2) * {FullTurn}");
                if (wanted) byOwn = script.Let($"{byOwn} + torch.sum({byAngle} * {script.Weights(frequencies)}, [2]) * {FullTurn}");
            }
            if (!wanted) return null;
            PassRows gx = script.Buffer(layer.Inputs);
            script.Line($"{gx}.zero_()");
            script.Line($"{gx}.index_copy_(1, {columns}, {byOwn})");
            if (others is not null) script.Line($"{gx}.index_copy_(1, {others}, {g}.narrow(1, {encoded}, {layer.Others.Length}))");
            script.Line($"{gx}.mul_({root} * {root} * {root} * {scale})");
            if (bins > 0)
            {
                string inside = $"{part}.ge(0).logical_and({part}.le(1)).logical_and({used})";
                script.Line($"{gx}.index_add_(1, {columns}, torch.sum({byCodes}.narrow(2, {waves}, {bins}) * {inside} / {length}, [2]))");
            }
            script.Free(g);
            return gx;
        });
    }

    /// <summary>codes W + b, with a matrix and a vector for each column.</summary>
    private string Vectors(Layer layer, string codes) =>
        $"(torch.bmm({codes}.transpose(0, 1), {script.Weights($"{layer.Name}.weight")}).transpose(0, 1) + {script.Weights($"{layer.Name}.bias")})";

    /// <summary>The gradients of these matrices and vectors, and the derivative by the codes.</summary>
    private string Codes(Layer layer, string codes, string byVectors)
    {
        string weight = $"{layer.Name}.weight", byColumn = script.Let($"{byVectors}.transpose(0, 1)");
        script.StoreSum($"{layer.Name}.bias", byVectors);
        script.Store(weight, $"torch.bmm({codes}.permute(1, 2, 0), {byColumn})");
        return script.Let($"torch.bmm({byColumn}, {script.Weights(weight)}.transpose(1, 2)).transpose(0, 1)");
    }
}
