// A model behind HTTP: POST four numbers to /predict, get a price. A PredictionEngine is fast but belongs to one request at a time,
// so a small pool lends them out. Scoring is managed code: the service needs no libtorch.
//
//   dotnet run -c Release --project examples/11-Serving               serves on http://127.0.0.1:5080 until Ctrl+C
//   dotnet run -c Release --project examples/11-Serving -- --self-test   starts, asks itself 2,000 times and ends
using System.Net.Http.Json;
using Microsoft.ML;
using Serving;

bool selfTest = args is ["--self-test"];
if (!File.Exists("model.zip")) Training.Run("model.zip");

WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
// Port 0: any that is free.
builder.WebHost.UseUrls($"http://127.0.0.1:{(selfTest ? 0 : 5080)}");
builder.Services.AddSingleton(new EnginePool<House, Price>("model.zip"));
WebApplication service = builder.Build();

service.MapPost("/predict", (House house, EnginePool<House, Price> pool) =>
    house.Features is { Length: 4 } ? Results.Ok(pool.Predict(house)) : Results.BadRequest("Features must be 4 numbers."));

await service.StartAsync();
Console.WriteLine($"serving on {service.Urls.First()}");
if (selfTest) return await SelfTest.Run(service.Urls.First(), service.Services.GetRequiredService<EnginePool<House, Price>>());
await service.WaitForShutdownAsync();
return 0;
