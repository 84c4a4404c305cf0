using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;

namespace Serving;

/// <summary>Asks the running service, many times at once, and compares with what the model says without it.</summary>
internal static class SelfTest
{
    private const int Requests = 2000, AtOnce = 8;

    public static async Task<int> Run(string address, EnginePool<House, Price> pool)
    {
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        int wrong = 0;
        var clock = Stopwatch.StartNew();
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (i, cancellation) =>
        {
            var house = new House { Features = [i % 7 / 7f, i % 11 / 11f, i % 13 / 13f, i % 17 / 17f] };
            using HttpResponseMessage answer = await client.PostAsJsonAsync("/predict", house, cancellation);
            Price? price = await answer.Content.ReadFromJsonAsync<Price>(cancellation);
            if (price!.Score != pool.Predict(house).Score) Interlocked.Increment(ref wrong);
        });
        Console.WriteLine($"{Requests} requests, {AtOnce} at once: {Requests / clock.Elapsed.TotalSeconds:0} per second, {pool.Made} engines made, {wrong} wrong answers");

        using HttpResponseMessage refused = await client.PostAsJsonAsync("/predict", new House { Features = [1, 2] });
        Console.WriteLine($"two numbers instead of four: {(int)refused.StatusCode} {await refused.Content.ReadAsStringAsync()}");
        return wrong == 0 && refused.StatusCode == HttpStatusCode.BadRequest ? 0 : 1;
    }
}
