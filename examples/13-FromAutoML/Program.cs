#if WITH_AUTOML
FromAutoML.Sample.Run();
#else
Console.WriteLine("This sample needs the package Microsoft.ML.AutoML: build it with -p:WithAutoML=true where that can be restored.");
#endif
